package dev.millrace.devbroker;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A short name for a long list of values.
 *
 * <p><b>Threads.</b> Confined to one thread.
 */
final class Fingerprint {

  private static final int KEPT_BYTES = 8;

  private final MessageDigest digest;

  Fingerprint() {
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException everyPlatformHasIt) {
      throw new AssertionError(everyPlatformHasIt);
    }
  }

  Fingerprint add(String value) {
    return add(value.getBytes(StandardCharsets.UTF_8));
  }

  Fingerprint add(long value) {
    return add(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** The length goes first, so that values cannot be cut elsewhere and give the same name. */
  Fingerprint add(byte[] value) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(value.length).array());
    digest.update(value);
    return this;
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest(), 0, KEPT_BYTES);
  }
}
