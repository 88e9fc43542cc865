package dev.millrace.admin;

/** The phase of a job, which decides whether it may run. */
public enum JobPhase {
  /** Deployed: it runs, or can be started. */
  READY,
  /** A reset was begun and has to be completed by running it again. */
  RESETTING,
  /** Reset; the next start deploys the program at hand as if for the first time. */
  RESET
}
