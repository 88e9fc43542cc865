package dev.millrace.internal.pattern;

/**
 * A partial match: its last event, and the partial match that it was before.
 *
 * <p>Partial matches that begin alike share what they have in common, as a tree: a run stays for as
 * long as something may come of it, or others have come of it.
 *
 * @param place the place that its last event was taken at
 * @param id the number that no other run of the key has had at the same time
 * @param parentPlace where the run before its last event is; -1 if that event is the first
 * @param parentId the number of that run
 * @param event the number of its last event
 * @param start the number of its first event
 * @param startMs the time of the first event
 * @param lastMs the time of the last event
 * @param open the edges of the place that are open to it, as bits; none if it only is part of
 *     others
 * @param completed when it became a match that waits to be emitted, in the order of such moments;
 *     {@link #EMITTED} if it is no partial match, since it was a match already; or 0
 * @param children how many runs have come of it that are there
 * @param dueMs when the first of its edges closes by time, or {@link Edge#ALWAYS}
 */
public record Run(
    int place,
    long id,
    int parentPlace,
    long parentId,
    long event,
    long start,
    long startMs,
    long lastMs,
    long open,
    long completed,
    int children,
    long dueMs) {

  /** In {@code parentPlace}: there is no run before. */
  public static final int NO_PARENT = -1;

  /** In {@code completed}: it was emitted as a match. */
  public static final long EMITTED = -1;
}
