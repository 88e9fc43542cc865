# The runner, with the example jobs. Build the jars first: mvn -DskipTests package
# The base needs Java 17 or later and glibc (the shaded jar has no RocksDB for musl, so no Alpine).
ARG BASE_IMAGE=eclipse-temurin:17-jre
FROM ${BASE_IMAGE}

# Numeric, so that Kubernetes' runAsNonRoot can tell; the directories are its own.
RUN mkdir -p /millrace/jobs /state /output && chown 10001:10001 /state /output
COPY runner/target/runner.jar /millrace/
COPY wordcount/target/wordcount.jar distinct-words/target/distinct-words.jar /millrace/jobs/

USER 10001:10001
WORKDIR /millrace
# The setting state.dir. Mount something here that survives the container, or each start restores from Kafka.
ENV MILLRACE_STATE_DIR=/state
VOLUME ["/state", "/output"]

# The command run keeps a small parent in front of the instance, which starts it again when it dies. -e RUNNER_SUPERVISE=false
# leaves that to the container engine.
ENV RUNNER_SUPERVISE=true

# Java itself is process 1, so it gets the SIGTERM on which an instance commits and leaves its groups. An instance has a JVM
# with the same options; its parent uses next to nothing of what they allow.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "/millrace/runner.jar"]
CMD ["help"]
