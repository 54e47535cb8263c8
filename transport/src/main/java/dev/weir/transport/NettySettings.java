package dev.weir.transport;

import io.grpc.netty.shaded.io.netty.util.ResourceLeakDetector;

/**
 * What netty reads from system properties when its classes are loaded. It is set here, and not on
 * the command line, so that it holds however the agent is started; what is set already stays.
 */
final class NettySettings {
  private static final String PREFIX = "io.grpc.netty.shaded.io.netty.";

  private NettySettings() {}

  /** Sets what is not set. Must run before anything of netty does. */
  static void apply() {
    // No native libraries, which would be unpacked into a temporary directory at each start.
    set("transport.noNative", "true");
    set("handler.ssl.noOpenSsl", "true");
    // Numbers for channels that are unique across machines cost a look at all network interfaces.
    set("machineId", "02:00:00:00:00:00:00:01");
    set("processId", "1");
    // By default one buffer in 128 carries the stack of who made it. A call and not a property,
    // which would come too late where a class of netty has been touched before.
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  private static void set(String name, String value) {
    if (System.getProperty(PREFIX + name) == null) {
      System.setProperty(PREFIX + name, value);
    }
  }
}
