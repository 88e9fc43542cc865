package dev.millrace.admin;

/** Whether a job may run. */
public enum JobPhase {
  /** Deployed: it runs, or can be started. */
  READY,
  /** A reset was begun and has to be completed by running it again. */
  RESETTING,
  /** Reset; the next start deploys the program at hand as if for the first time. */
  RESET
}
