package dev.millrace.runner.http;

import dev.millrace.config.JobConfig;
import dev.millrace.error.ConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The keys that the server shows, and the certificates that it trusts when it asks other instances:
 * its own, since instances often have the same, those of a file, and those that Java trusts.
 *
 * <p>All is read once: new certificates need a restart.
 */
final class Tls {

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final char[] NO_PASSWORD = new char[0];

  private Tls() {}

  /**
   * {@return TLS by the settings; empty if the server is to speak plain HTTP}
   *
   * @throws ConfigurationException if they do not make a key and its certificate
   */
  static Optional<SSLContext> of(JobConfig config) {
    Optional<Path> keystore = config.httpTlsKeystore();
    Optional<Path> certificate = config.httpTlsCertificate();
    Optional<Path> key = config.httpTlsKey();
    if (keystore.isPresent() && (certificate.isPresent() || key.isPresent())) {
      throw refused("there are two certificates", "http.tls.keystore and http.tls.certificate");
    }
    if (certificate.isPresent() != key.isPresent()) {
      throw refused(
          "a certificate needs its key, and the key its certificate",
          "http.tls.certificate and http.tls.key");
    }
    if (keystore.isPresent()) {
      char[] password =
          config.httpTlsKeystorePassword().map(String::toCharArray).orElse(NO_PASSWORD);
      return Optional.of(context(opened(keystore.get(), password), password, config));
    }
    return certificate.map(file -> context(ofFiles(file, key.orElseThrow()), NO_PASSWORD, config));
  }

  /**
   * {@return whom one who asks instances trusts; empty for those whom Java trusts}
   *
   * @throws ConfigurationException if the settings do not make a key and its certificate
   */
  static Optional<SSLContext> ofAsker(JobConfig config) {
    Optional<SSLContext> own = of(config);
    return own.isPresent() || config.httpTlsTrust().isEmpty()
        ? own
        : Optional.of(context(noKeys(), NO_PASSWORD, config));
  }

  private static KeyStore noKeys() {
    try {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, NO_PASSWORD);
      return keys;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("Java has no keystores of PKCS #12", e);
    }
  }

  private static SSLContext context(KeyStore keys, char[] password, JobConfig config) {
    try {
      KeyManagerFactory own =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      own.init(keys, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(own.getKeyManagers(), trusted(keys, config), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw refused("its keys cannot be used (" + e.getMessage() + ")", "http.tls.*", e);
    }
  }

  private static KeyStore opened(Path file, char[] password) {
    try {
      KeyStore keys = KeyStore.getInstance(file.toFile(), password);
      for (String alias : Collections.list(keys.aliases())) {
        if (keys.isKeyEntry(alias)) {
          return keys;
        }
      }
    } catch (GeneralSecurityException | IOException e) {
      throw refused(
          "the keystore cannot be opened (" + e.getMessage() + ")",
          "http.tls.keystore=" + file + ", http.tls.keystore.password",
          e);
    }
    throw refused("the keystore has no private key", "http.tls.keystore=" + file);
  }

  private static KeyStore ofFiles(Path certificate, Path key) {
    List<Certificate> chain = certificates(certificate, "http.tls.certificate");
    try {
      PrivateKey own = key(key, chain.get(0).getPublicKey().getAlgorithm());
      checkPair(own, chain.get(0), key);
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, NO_PASSWORD);
      keys.setKeyEntry("server", own, NO_PASSWORD, chain.toArray(Certificate[]::new));
      return keys;
    } catch (GeneralSecurityException | IOException e) {
      throw refused("the key cannot be read (" + e.getMessage() + ")", "http.tls.key=" + key, e);
    }
  }

  private static PrivateKey key(Path file, String algorithm)
      throws GeneralSecurityException, IOException {
    Matcher pem = KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new ConfigurationException(
          "Cannot serve HTTPS: the file of the key has none of PKCS #8 that is not encrypted"
              + " (http.tls.key="
              + file
              + "). Convert it with: openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pem");
    }
    byte[] bytes = Base64.getMimeDecoder().decode(pem.group(1));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
  }

  /** Otherwise every handshake would fail, and the server would not report why. */
  private static void checkPair(PrivateKey key, Certificate certificate, Path file)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] text = {1, 2, 3};
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(text);
    Signature verifying = Signature.getInstance(algorithm);
    verifying.initVerify(certificate.getPublicKey());
    verifying.update(text);
    if (!verifying.verify(signing.sign())) {
      throw refused("the key is not that of the certificate", "http.tls.key=" + file);
    }
  }

  private static List<Certificate> certificates(Path file, String setting) {
    try {
      byte[] pem = Files.readAllBytes(file);
      List<Certificate> all =
          List.copyOf(
              CertificateFactory.getInstance("X.509")
                  .generateCertificates(new ByteArrayInputStream(pem)));
      if (!all.isEmpty()) {
        return all;
      }
    } catch (GeneralSecurityException | IOException e) {
      throw refused(
          "a file of certificates cannot be read (" + e.getMessage() + ")",
          setting + "=" + file,
          e);
    }
    throw refused("a file has no certificate", setting + "=" + file);
  }

  private static TrustManager[] trusted(KeyStore keys, JobConfig config)
      throws GeneralSecurityException, IOException {
    List<Certificate> all = new ArrayList<>();
    for (String alias : Collections.list(keys.aliases())) {
      Certificate[] chain = keys.getCertificateChain(alias);
      all.addAll(chain == null ? List.of(keys.getCertificate(alias)) : List.of(chain));
    }
    config.httpTlsTrust().ifPresent(file -> all.addAll(certificates(file, "http.tls.trust")));
    TrustManagerFactory ofJava =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    ofJava.init((KeyStore) null);
    for (TrustManager each : ofJava.getTrustManagers()) {
      if (each instanceof X509TrustManager known) {
        all.addAll(List.of(known.getAcceptedIssuers()));
      }
    }
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, NO_PASSWORD);
    for (int i = 0; i < all.size(); i++) {
      trusted.setCertificateEntry("trusted-" + i, all.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    return factory.getTrustManagers();
  }

  private static ConfigurationException refused(String reason, String settings) {
    return new ConfigurationException("Cannot serve HTTPS: " + reason + " (" + settings + ").");
  }

  private static ConfigurationException refused(String reason, String settings, Exception cause) {
    return new ConfigurationException(
        "Cannot serve HTTPS: " + reason + " (" + settings + ").", cause);
  }
}
