package dev.millrace.runner;

/** For whom results are printed. */
enum OutputForm {
  /** For people. */
  TEXT,
  /** For programs. */
  JSON
}
