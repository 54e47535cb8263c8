package dev.weir.receiver.ebpftcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.pdata.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CgroupIdentityTest {
  private static final String C = "0123456789abcdef".repeat(4);
  private static final String D = "fedcba9876543210".repeat(4);
  private static final String UID = "8f5b1f0e-3c1d-4a5b-9e6f-0123456789ab";
  private static final String UNDERSCORES = UID.replace('-', '_');
  private static final String STATIC = "0123456789abcdef0123456789abcdef";
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path dir;
  private long now;

  private static Identity of(@Nullable String container, @Nullable String pod) {
    return new Identity(
        container == null ? null : Text.of(container), pod == null ? null : Text.of(pod));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // docker: systemd and cgroupfs driver
        "/system.slice/docker-C.scope, C, -",
        "/docker/C, C, -",
        "/docker/C/init.scope, C, -",
        // podman
        "/machine.slice/libpod-C.scope, C, -",
        "/machine.slice/libpod-C.scope/container, C, -",
        "/machine.slice/libpod-conmon-C.scope, -, -",
        // containerd
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU.slice/cri-containerd-C.scope, C, UID",
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podU.slice/cri-containerd-C.scope, C, UID",
        "/kubepods.slice/kubepods-podU.slice/cri-containerd-C.scope, C, UID",
        "/kubepods/burstable/podUID/C, C, UID",
        "/kubepods/besteffort/podUID/C, C, UID",
        "/kubepods/podUID/C, C, UID",
        "/system.slice/containerd.service/kubepods-burstable-podU.slice:cri-containerd:C, C, UID",
        // kind and the like: the node itself is a container
        "/docker/D/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podU.slice/cri-containerd-C.scope, C, UID",
        // CRI-O
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU.slice/crio-C.scope, C, UID",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU.slice/crio-C.scope/container, C, UID",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU.slice/crio-conmon-C.scope, -, UID",
        "/kubepods/burstable/podUID/crio-C, C, UID",
        // docker as the engine of a cluster
        "/kubepods.slice/kubepods-podU.slice/docker-C.scope, C, UID",
        // a container engine inside of a pod
        "/kubepods/burstable/podUID/C/docker/D, C, UID",
        // a static pod's uid has no dashes
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podSTATIC.slice/cri-containerd-C.scope, C, STATIC",
        // a private cgroup namespace of the reader
        "/../../kubepods-podU.slice/cri-containerd-C.scope, C, UID",
        // neither
        "/user.slice/user-1000.slice/session-3.scope, -, -",
        "/, -, -",
        "/podman/poddle, -, -",
      })
  void pathsOfEachEngineAndDriverAreRead(
      String path, @Nullable String container, @Nullable String pod) {
    assertThat(CgroupIdentity.ofPath(full(path)))
        .isEqualTo(of(container == null ? null : full(container), pod == null ? null : full(pod)));
  }

  /** Writes out the short forms of the table above. */
  private static String full(String text) {
    return text.replaceAll("(?<![A-Z])UID(?![A-Z])", UID)
        .replaceAll("(?<![A-Z])STATIC(?![A-Z])", STATIC)
        .replaceAll("(?<![A-Z])U(?![A-Z])", UNDERSCORES)
        .replaceAll("(?<![A-Z])C(?![A-Z])", C)
        .replaceAll("(?<![A-Z])D(?![A-Z])", D);
  }

  private CgroupIdentity resolver() throws IOException {
    Path proc = Files.createDirectories(dir.resolve("proc"));
    Files.createDirectories(dir.resolve("cg"));
    if (!Files.exists(proc.resolve("mounts"))) {
      Files.writeString(
          proc.resolve("mounts"),
          "sysfs /sys sysfs rw 0 0\ncgroup2 " + dir.resolve("cg") + " cgroup2 rw,nosuid 0 0\n");
    }
    return new CgroupIdentity(proc, () -> now);
  }

  private long cgroup(String path) throws IOException {
    Path made = Files.createDirectories(dir.resolve("cg" + path));
    return ((Number) Files.getAttribute(made, "unix:ino")).longValue();
  }

  private void process(int tgid, String lines) throws IOException {
    Path of = Files.createDirectories(dir.resolve("proc").resolve(Integer.toString(tgid)));
    Files.writeString(of.resolve("cgroup"), lines);
  }

  @Test
  void aCgroupIdIsTheInodeOfItsDirectory() throws IOException {
    CgroupIdentity resolver = resolver();
    long id =
        cgroup(
            "/kubepods.slice/kubepods-podU.slice/cri-containerd-C.scope"
                .replace("U", UNDERSCORES)
                .replace("C.", C + "."));

    assertThat(resolver.resolve(id, 0)).isEqualTo(of(C, UID));
  }

  @Test
  void aCgroupMadeLaterIsFoundASecondLater() throws IOException {
    CgroupIdentity resolver = resolver();
    long first = cgroup("/docker/" + C);
    assertThat(resolver.resolve(first, 0)).isEqualTo(of(C, null));
    long second = cgroup("/docker/" + D);
    now += SECOND;

    assertThat(resolver.resolve(second, 0)).isEqualTo(of(D, null));
  }

  @Test
  void whatIsNotFoundIsSoughtAgainOnlyAfterAWhile() throws IOException {
    CgroupIdentity resolver = resolver();
    cgroup("/docker");
    assertThat(resolver.resolve(999_999_999_999L, 0)).isEqualTo(Identity.NONE);
    assertThat(resolver.resolve(999_999_999_999L, 0)).isEqualTo(Identity.NONE);
    now += 11 * SECOND;
    assertThat(resolver.resolve(999_999_999_999L, 0)).isEqualTo(Identity.NONE);
  }

  @Test
  void onHybridHostsTheProcessTells() throws IOException {
    CgroupIdentity resolver = resolver();
    process(77, "12:pids:/docker/" + C + "\n1:name=systemd:/docker/" + C + "\n0::/\n");

    assertThat(resolver.resolve(1, 77)).isEqualTo(of(C, null));
    assertThat(resolver.resolve(cgroup(""), 77)).isEqualTo(of(C, null));
  }

  @Test
  void aCgroupThatTheMountDoesNotShowIsReadFromTheProcess() throws IOException {
    CgroupIdentity resolver = resolver();
    process(78, "0::/../../kubepods-pod" + UNDERSCORES + ".slice/cri-containerd-" + C + ".scope\n");

    assertThat(resolver.resolve(999_999_999_999L, 78)).isEqualTo(of(C, UID));
  }

  @Test
  void aProcessIdThatCameAgainIsReadAgain() throws IOException {
    CgroupIdentity resolver = resolver();
    process(79, "0::/docker/" + C + "\n");
    assertThat(resolver.resolve(0, 79)).isEqualTo(of(C, null));
    process(79, "0::/docker/" + D + "\n");
    assertThat(resolver.resolve(0, 79)).isEqualTo(of(C, null));
    now += 61 * SECOND;

    assertThat(resolver.resolve(0, 79)).isEqualTo(of(D, null));
  }

  @Test
  void aProcessThatIsGoneHasNoIdentity() throws IOException {
    assertThat(resolver().resolve(1, 4242)).isEqualTo(Identity.NONE);
  }

  @Test
  void withoutACgroup2MountTheProcessTells() throws IOException {
    Path proc = Files.createDirectories(dir.resolve("proc"));
    Files.writeString(proc.resolve("mounts"), "cgroup /sys/fs/cgroup/pids cgroup rw 0 0\n");
    CgroupIdentity resolver = resolver();
    process(80, "4:memory:/kubepods/burstable/pod" + UID + "/" + C + "\n");

    assertThat(resolver.resolve(5, 80)).isEqualTo(of(C, UID));
  }
}
