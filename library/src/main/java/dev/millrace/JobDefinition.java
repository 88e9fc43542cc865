package dev.millrace;

/**
 * The definition of a job from its arguments, for which {@code runner.jar run} looks.
 *
 * <p><b>Contract.</b> A public class with a public constructor without parameters; a job's jar
 * names it in its manifest as {@code Millrace-Job}. Every instance must define the same job from
 * the same arguments.
 */
@FunctionalInterface
public interface JobDefinition {

  /** {@return the job} */
  Job define(JobArguments arguments);
}
