package dev.weir.pipeline;

/** The five kinds of component, each a section of the config file. */
public enum ComponentKind {
  RECEIVER("receiver"),
  PROCESSOR("processor"),
  EXPORTER("exporter"),
  CONNECTOR("connector"),
  EXTENSION("extension");

  private final String word;

  ComponentKind(String word) {
    this.word = word;
  }

  /** Returns the word for one of them. */
  public String word() {
    return word;
  }

  /** Returns the name of the section in the config file. */
  public String section() {
    return word + "s";
  }
}
