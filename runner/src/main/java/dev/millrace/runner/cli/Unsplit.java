package dev.millrace.runner.cli;

import com.beust.jcommander.converters.IParameterSplitter;
import java.util.List;

/** A splitter that leaves a value in one piece, commas and all. */
public final class Unsplit implements IParameterSplitter {

  /** Made by JCommander. */
  public Unsplit() {}

  @Override
  public List<String> split(String value) {
    return List.of(value);
  }
}
