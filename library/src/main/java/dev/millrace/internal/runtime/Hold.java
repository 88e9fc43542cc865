package dev.millrace.internal.runtime;

/** The permission of a source to read. */
public enum Hold {
  PAUSE,
  GO_ON
}
