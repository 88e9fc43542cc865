package dev.millrace.sidebyside.flink;

/**
 * A result: public and mutable, as Flink's serializer for such classes wants it.
 *
 * <p>Nothing that a run measures serializes it: the sink is chained to what makes it.
 */
public final class Count {

  /** The key of its record. */
  public String key = "";

  /** Its number. */
  public long count;

  /** Creates an empty one, for the serializer. */
  public Count() {}

  Count(String key, long count) {
    this.key = key;
    this.count = count;
  }
}
