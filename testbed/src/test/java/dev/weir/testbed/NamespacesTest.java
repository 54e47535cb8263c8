package dev.weir.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testbed.Namespaces.End;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NamespacesTest {
  @Test
  void closingRemovesBoth() {
    Namespaces net = Namespaces.create();
    assertThat(Namespaces.present()).contains(net.name(End.CLIENT), net.name(End.SERVER));
    net.close();
    assertThat(Namespaces.present()).doesNotContain(net.name(End.CLIENT), net.name(End.SERVER));
  }

  @Test
  void whatACrashedRunLeftIsRemovedByTheNext() throws IOException, InterruptedException {
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    String left = "weirtb-" + gone.pid() + "-1c";
    Command.run("ip", "netns", "add", left);
    Namespaces.create().close();
    assertThat(Namespaces.present()).doesNotContain(left);
  }

  @Test
  void twoPairsHaveDifferentAddresses() {
    try (Namespaces one = Namespaces.create();
        Namespaces two = Namespaces.create()) {
      assertThat(one.client4()).isNotEqualTo(two.client4());
      assertThat(one.client6()).isNotEqualTo(two.client6());
      assertThat(one.inode(End.CLIENT)).isNotEqualTo(two.inode(End.CLIENT));
    }
  }

  @Test
  void packetsAreSpreadOverTwoCpus() {
    try (Namespaces net = Namespaces.create()) {
      net.spread();
      for (End end : End.values()) {
        assertThat(net.run(end, "cat", "/sys/class/net/veth0/queues/rx-0/rps_cpus").strip())
            .endsWith("3");
      }
    }
  }

  @Test
  void aLinkGoesDownAndUp() {
    try (Namespaces net = Namespaces.create()) {
      net.linkDown(End.SERVER);
      assertThat(net.run(End.CLIENT, "cat", "/sys/class/net/veth0/carrier").strip()).isEqualTo("0");
      net.linkUp(End.SERVER);
      assertThat(Traffic.run(net, "churn", "--up", "1", "--down", "1").client().opened())
          .isEqualTo(1);
    }
  }
}
