package dev.millrace.runner.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.config.ConfigLayers;
import dev.millrace.config.JobConfig;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The manifests are what Kubernetes describes, and go with each other and with the runner. */
final class KubernetesManifestsTest {

  private static final Path BASE = DeployedFiles.KUBERNETES.resolve("base");
  private static final Set<String> OF_KUSTOMIZE =
      Set.of("kustomization.yaml", "name-references.yaml");

  /** The fields of a kustomization that are in use; a misspelt one is not among them. */
  private static final Set<String> FIELDS =
      Set.of(
          "apiVersion",
          "kind",
          "namespace",
          "namePrefix",
          "labels",
          "resources",
          "components",
          "configurations",
          "images",
          "replicas",
          "configMapGenerator",
          "secretGenerator",
          "patches");

  private static JsonNode manifest(String file) {
    return DeployedFiles.yaml(BASE.resolve(file));
  }

  private static StatefulSet statefulSet() throws Exception {
    return (StatefulSet) KubernetesModel.read(manifest("stateful-set.yaml"));
  }

  private static PodSpec pod() throws Exception {
    return statefulSet().getSpec().getTemplate().getSpec();
  }

  private static Container container() throws Exception {
    List<Container> containers = pod().getContainers();
    assertThat(containers).hasSize(1);
    return containers.get(0);
  }

  static Stream<Path> manifests() {
    return DeployedFiles.below(DeployedFiles.KUBERNETES).stream()
        .filter(file -> !OF_KUSTOMIZE.contains(file.getFileName().toString()));
  }

  @ParameterizedTest
  @MethodSource("manifests")
  void everyManifestIsAsKubernetesDescribesIt(Path file) throws Exception {
    JsonNode manifest = DeployedFiles.yaml(file);
    assertThat(manifest.get("metadata").get("name").stringValue()).isNotEmpty();
    if (KubernetesModel.knows(manifest)) {
      assertThat(KubernetesModel.read(manifest)).isNotNull();
    } else {
      assertThat(KubernetesModel.kind(manifest))
          .isEqualTo("monitoring.coreos.com/v1/ServiceMonitor");
    }
  }

  @Test
  void whatKubernetesDoesNotDescribeIsRefused() {
    JsonNode misspelt = manifest("stateful-set.yaml");
    ((ObjectNode) misspelt.at("/spec/template/spec")).put("terminationGracePeriod", 60);
    assertThatThrownBy(() -> KubernetesModel.read(misspelt))
        .hasMessageContaining("terminationGracePeriod");
    JsonNode wrong = manifest("stateful-set.yaml");
    ((ObjectNode) wrong.at("/spec")).put("replicas", "many");
    assertThatThrownBy(() -> KubernetesModel.read(wrong)).hasMessageContaining("many");
  }

  // ------------------------------------------------------------------ kustomize

  static Stream<Path> kustomizations() {
    return DeployedFiles.below(DeployedFiles.KUBERNETES).stream()
        .filter(file -> file.endsWith("kustomization.yaml"));
  }

  @ParameterizedTest
  @MethodSource("kustomizations")
  void aKustomizationNamesAllFilesBesideItAndOnlyThose(Path file) throws Exception {
    JsonNode kustomization = DeployedFiles.yaml(file);
    assertThat(FIELDS).containsAll(kustomization.propertyNames());
    List<String> named = new ArrayList<>(DeployedFiles.texts(kustomization.get("resources")));
    named.addAll(DeployedFiles.texts(kustomization.get("configurations")));
    if (kustomization.has("patches")) {
      kustomization.get("patches").forEach(patch -> named.add(patch.get("path").stringValue()));
    }
    for (String each : named) {
      assertThat(file.resolveSibling(each)).exists();
    }
    try (Stream<Path> beside = Files.list(file.getParent())) {
      assertThat(beside.filter(Files::isRegularFile).filter(each -> !each.equals(file)))
          .allSatisfy(each -> assertThat(named).contains(each.getFileName().toString()));
    }
  }

  @Test
  void theExampleChangesWhatTheBaseHas() throws Exception {
    Path example = DeployedFiles.KUBERNETES.resolve("example");
    JsonNode kustomization = DeployedFiles.yaml(example.resolve("kustomization.yaml"));
    StatefulSet base = statefulSet();
    StatefulSet patch =
        (StatefulSet) KubernetesModel.read(DeployedFiles.yaml(example.resolve("job.yaml")));
    assertThat(patch.getMetadata().getName()).isEqualTo(base.getMetadata().getName());
    assertThat(patch.getSpec().getTemplate().getSpec().getContainers())
        .extracting(Container::getName)
        .containsExactly(container().getName());
    assertThat(kustomization.at("/images/0/name").stringValue()).isEqualTo(container().getImage());
    assertThat(kustomization.at("/replicas/0/name").stringValue())
        .isEqualTo(base.getMetadata().getName());
    assertThat(kustomization.at("/configMapGenerator/0/name").stringValue())
        .isEqualTo(container().getEnvFrom().get(0).getConfigMapRef().getName());
    JsonNode namespace = DeployedFiles.yaml(example.resolve("namespace.yaml"));
    assertThat(kustomization.get("namespace")).isEqualTo(namespace.at("/metadata/name"));
    JsonNode secret = kustomization.at("/secretGenerator/0");
    JsonNode monitor =
        DeployedFiles.yaml(
            DeployedFiles.KUBERNETES.resolve("components/service-monitor/service-monitor.yaml"));
    assertThat(monitor.at("/spec/endpoints/0/authorization/credentials/name"))
        .isEqualTo(secret.get("name"));
    assertThat(monitor.at("/spec/endpoints/0/port").stringValue())
        .isEqualTo(container().getPorts().get(0).getName());
    assertThat(monitor.at("/spec/selector/matchLabels/app.kubernetes.io~1name").stringValue())
        .isEqualTo(base.getSpec().getSelector().getMatchLabels().get("app.kubernetes.io/name"));
  }

  // ------------------------------------------------------------------ the runner

  /** The variables with values that stand for those that only a cluster gives. */
  private static Map<String, String> environment() throws Exception {
    Map<String, String> environment = new TreeMap<>();
    for (EnvVar each : container().getEnv()) {
      environment.put(
          each.getName(), each.getValue() == null ? "stands-for-what-it-is" : each.getValue());
    }
    JsonNode example =
        DeployedFiles.yaml(DeployedFiles.KUBERNETES.resolve("example/kustomization.yaml"));
    DeployedFiles.texts(example.at("/configMapGenerator/0/literals"))
        .forEach(line -> environment.put(line.split("=", 2)[0], line.split("=", 2)[1]));
    return environment;
  }

  private static JobConfig config() throws Exception {
    ConfigLayers layers = ConfigLayers.create();
    layers.environment(environment());
    return layers.build();
  }

  @Test
  void itsVariablesAreSettings() throws Exception {
    JobConfig config = config();
    assertThat(config.instanceId()).contains("stands-for-what-it-is");
    assertThat(config.httpToken()).isPresent();
    String token =
        DeployedFiles.yaml(DeployedFiles.KUBERNETES.resolve("example/kustomization.yaml"))
            .at("/secretGenerator/0/literals/0")
            .stringValue();
    assertThat(JobConfig.defaults().with("http.token", token.substring("token=".length())))
        .isNotNull();
  }

  @Test
  void thePodsNameIsTheInstances() throws Exception {
    assertThat(container().getEnv())
        .filteredOn(each -> each.getName().equals("MILLRACE_INSTANCE_ID"))
        .singleElement()
        .satisfies(
            each ->
                assertThat(each.getValueFrom().getFieldRef().getFieldPath())
                    .isEqualTo("metadata.name"));
  }

  /** The name that a pod's host has is not known to other pods. */
  @Test
  void otherInstancesAreToldTheAddressOfThePod() throws Exception {
    assertThat(container().getEnv())
        .filteredOn(each -> each.getName().equals("MILLRACE_HTTP_ADVERTISED"))
        .singleElement()
        .satisfies(
            each ->
                assertThat(each.getValueFrom().getFieldRef().getFieldPath())
                    .isEqualTo("status.podIP"));
  }

  @Test
  void probesAskWhatIsOpenToAnybody() throws Exception {
    JsonNode paths =
        DeployedFiles.yaml(DeployedFiles.ROOT.resolve("docs/openapi.yaml")).get("paths");
    Set<String> asked = new TreeSet<>();
    for (Probe probe :
        List.of(
            container().getStartupProbe(),
            container().getLivenessProbe(),
            container().getReadinessProbe())) {
      asked.add(probe.getHttpGet().getPath());
      assertThat(probe.getHttpGet().getPort().getStrVal())
          .isEqualTo(container().getPorts().get(0).getName());
    }
    assertThat(asked).containsExactly("/livez", "/readyz").allMatch(paths::has);
    assertThat(config().httpAddress())
        .isEqualTo("0.0.0.0:" + container().getPorts().get(0).getContainerPort());
  }

  @Test
  void aStopMayTakeAsLongAsItTakes() throws Exception {
    // What a supervisor allows, and the hook before it.
    Duration longest =
        JobConfig.defaults().shutdownTimeout().plusSeconds(45).plusSeconds(preStopSeconds());
    assertThat(Duration.ofSeconds(pod().getTerminationGracePeriodSeconds()))
        .isGreaterThanOrEqualTo(longest.plusSeconds(5));
  }

  private static long preStopSeconds() throws Exception {
    List<String> command = container().getLifecycle().getPreStop().getExec().getCommand();
    assertThat(command.get(0)).isEqualTo("sleep");
    return Long.parseLong(command.get(1));
  }

  @Test
  void nothingIsWrittenButOnItsVolumes() throws Exception {
    assertThat(container().getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
    assertThat(container().getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
    assertThat(container().getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container().getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .contains("/tmp", config().stateDir().toString());
    Set<String> volumes = new TreeSet<>();
    pod().getVolumes().forEach(volume -> volumes.add(volume.getName()));
    statefulSet()
        .getSpec()
        .getVolumeClaimTemplates()
        .forEach(claim -> volumes.add(claim.getMetadata().getName()));
    assertThat(container().getVolumeMounts())
        .extracting(VolumeMount::getName)
        .containsExactlyInAnyOrderElementsOf(volumes);
  }

  @Test
  void itRunsAsTheUserOfTheImage() throws Exception {
    Matcher user =
        Pattern.compile("(?m)^USER (\\d+):(\\d+)$").matcher(DeployedFiles.text("Dockerfile"));
    assertThat(user.find()).isTrue();
    assertThat(pod().getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(pod().getSecurityContext().getRunAsUser()).isEqualTo(Long.parseLong(user.group(1)));
    assertThat(pod().getSecurityContext().getRunAsGroup()).isEqualTo(Long.parseLong(user.group(2)));
    assertThat(pod().getSecurityContext().getFsGroup()).isEqualTo(Long.parseLong(user.group(2)));
  }

  @Test
  void allOfThemMeanTheSamePods() throws Exception {
    StatefulSet set = statefulSet();
    Map<String, String> labels = set.getSpec().getTemplate().getMetadata().getLabels();
    Service service = (Service) KubernetesModel.read(manifest("service.yaml"));
    PodDisruptionBudget budget =
        (PodDisruptionBudget) KubernetesModel.read(manifest("pod-disruption-budget.yaml"));
    assertThat(set.getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
    assertThat(service.getSpec().getSelector()).isEqualTo(labels);
    assertThat(budget.getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
    assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(set.getSpec().getServiceName()).isEqualTo(service.getMetadata().getName());
    assertThat(set.getSpec().getPodManagementPolicy()).isEqualTo("Parallel");
    assertThat(pod().getServiceAccountName())
        .isEqualTo(manifest("service-account.yaml").at("/metadata/name").stringValue());
  }
}
