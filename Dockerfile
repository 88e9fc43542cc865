# The runner, with the example jobs. Build the jars first: mvn -DskipTests package
#
# Other images than these, such as those of a registry of yours: --build-arg JDK_IMAGE=... --build-arg BASE_IMAGE=...
# Both need glibc (the shaded jar has no RocksDB for musl, so no Alpine), the first a JDK 17 or later.
ARG JDK_IMAGE=eclipse-temurin:17-jdk
ARG BASE_IMAGE=debian:13-slim

# Java SE, and what operators need; neither compilers nor man pages. It is a third of what the JDK takes.
FROM ${JDK_IMAGE} AS java
RUN jlink --add-modules java.se,jdk.charsets,jdk.crypto.cryptoki,jdk.crypto.ec,jdk.httpserver,jdk.jcmd,jdk.jfr,jdk.localedata,jdk.management,jdk.management.agent,jdk.naming.dns,jdk.security.auth,jdk.security.jgss,jdk.unsupported,jdk.zipfs \
      --no-man-pages --no-header-files --compress=2 --output /opt/java \
 && /opt/java/bin/java -Xshare:dump

FROM ${BASE_IMAGE}
COPY --from=java /opt/java /opt/java
ENV JAVA_HOME=/opt/java PATH=/opt/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Numeric, so that Kubernetes' runAsNonRoot can tell; the directories are its own.
RUN mkdir -p /millrace/jobs /state /output && chown 10001:10001 /state /output
COPY deploy/image/runner /millrace/
COPY runner/target/runner.jar /millrace/
COPY wordcount/target/wordcount.jar distinct-words/target/distinct-words.jar /millrace/jobs/

USER 10001:10001
WORKDIR /millrace
# The root file system may be read-only: what is written is below /state, /tmp (native libraries of codecs are unpacked there,
# so not noexec), and /output for jobs with files.
#
# The setting state.dir. Mount something here that survives the container, or each start restores from Kafka.
ENV MILLRACE_STATE_DIR=/state
VOLUME ["/state", "/output"]

# The command run keeps a small parent in front of the instance, which starts it again when it dies. -e RUNNER_SUPERVISE=false
# leaves that to the container engine.
ENV RUNNER_SUPERVISE=true
# The JVM of the instance, or of any other command. Half of the container's memory is the heap's: RocksDB's memory
# (state.memory), metaspace, threads and network buffers are outside.
ENV RUNNER_JVM_OPTIONS="-XX:MaxRAMPercentage=50 -XX:+ExitOnOutOfMemoryError"

ENTRYPOINT ["/millrace/runner"]
CMD ["help"]
