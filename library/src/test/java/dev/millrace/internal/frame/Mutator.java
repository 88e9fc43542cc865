package dev.millrace.internal.frame;

import com.sun.management.ThreadMXBean;
import dev.millrace.internal.util.MalformedBytesException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** Damages valid bytes in the ways that find careless decoders, and watches how they take it. */
final class Mutator {

  /** What a stack trace, a message and a few records may take besides. */
  private static final long EXCEPTION_BYTES = 32 * 1024;

  private static final byte[] INTERESTING = {0, 1, 2, 3, 4, 8, 0x7F, (byte) 0x80, (byte) 0xFF};

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Random random;

  Mutator(Random random) {
    this.random = random;
  }

  /** Tells how many units of work the decoder did on the bytes. */
  interface Decoder {
    int decode(byte[] bytes);
  }

  /** Outcomes of a run, so that a test can see that it was not all refused at the first byte. */
  record Tally(int accepted, int refused) {}

  /**
   * Decodes mutants and fails on anything but acceptance or {@link MalformedBytesException}, on
   * more work than the input has bytes, and on allocation out of proportion to the input.
   *
   * @param factor how many bytes a decoder may allocate for each of the input's
   */
  static Tally fuzz(List<byte[]> seeds, long seed, int runs, int factor, Decoder decoder) {
    return fuzz(seeds, seed, runs, factor, 0, decoder);
  }

  /**
   * The same for a decoder that may allocate this many bytes whatever its input's length, where the
   * format itself sets a bound.
   */
  static Tally fuzz(
      List<byte[]> seeds, long seed, int runs, int factor, int allowedBytes, Decoder decoder) {
    Random random = new Random(seed);
    Mutator mutator = new Mutator(random);
    int accepted = 0;
    int refused = 0;
    for (int run = 0; run < runs; run++) {
      byte[] mutant = mutator.mutate(seeds.get(random.nextInt(seeds.size())), seeds);
      long limit = (long) factor * mutant.length + allowedBytes + EXCEPTION_BYTES;
      long before = THREADS.getCurrentThreadAllocatedBytes();
      boolean valid = isAccepted(decoder, mutant, seed, run);
      if (THREADS.getCurrentThreadAllocatedBytes() - before > limit) {
        // Perhaps it was a class that was loaded or a string concatenation that was linked.
        before = THREADS.getCurrentThreadAllocatedBytes();
        isAccepted(decoder, mutant, seed, run);
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
        if (allocated > limit) {
          throw failure(seed, run, mutant, "allocated " + allocated, null);
        }
      }
      if (valid) {
        accepted++;
      } else {
        refused++;
      }
    }
    return new Tally(accepted, refused);
  }

  private static boolean isAccepted(Decoder decoder, byte[] mutant, long seed, int run) {
    try {
      int work = decoder.decode(mutant);
      if (work > mutant.length) {
        throw new IllegalStateException("work " + work);
      }
      return true;
    } catch (MalformedBytesException e) {
      return false;
    } catch (RuntimeException | Error e) {
      throw failure(seed, run, mutant, "unexpected " + e, e);
    }
  }

  byte[] mutate(byte[] original, List<byte[]> others) {
    byte[] bytes = original.clone();
    int rounds = 1 + random.nextInt(4);
    for (int i = 0; i < rounds; i++) {
      bytes = once(bytes, others);
    }
    return bytes;
  }

  private byte[] once(byte[] bytes, List<byte[]> others) {
    if (bytes.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(9)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt();
      case 2 -> bytes[at] = INTERESTING[random.nextInt(INTERESTING.length)];
      case 3 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 4 -> {
        return Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(8));
      }
      case 5 -> {
        // A varint blown up: what claims the most.
        for (int i = at; i < Math.min(bytes.length, at + 1 + random.nextInt(10)); i++) {
          bytes[i] = (byte) (random.nextBoolean() ? 0xFF : 0x80);
        }
      }
      case 6 -> {
        int length = random.nextInt(Math.min(16, bytes.length - at)) + 1;
        return splice(bytes, at, at + length, new byte[0]);
      }
      case 7 -> {
        byte[] inserted = new byte[1 + random.nextInt(6)];
        random.nextBytes(inserted);
        return splice(bytes, at, at, inserted);
      }
      default -> {
        byte[] other = others.get(random.nextInt(others.size()));
        int from = random.nextInt(other.length);
        return splice(bytes, at, bytes.length, Arrays.copyOfRange(other, from, other.length));
      }
    }
    return bytes;
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] inserted) {
    byte[] spliced = new byte[bytes.length - (to - from) + inserted.length];
    System.arraycopy(bytes, 0, spliced, 0, from);
    System.arraycopy(inserted, 0, spliced, from, inserted.length);
    System.arraycopy(bytes, to, spliced, from + inserted.length, bytes.length - to);
    return spliced;
  }

  private static AssertionError failure(
      long seed, int run, byte[] mutant, String what, Throwable cause) {
    return new AssertionError(
        "seed " + seed + ", run " + run + ": " + what + " on " + HexFormat.of().formatHex(mutant),
        cause);
  }
}
