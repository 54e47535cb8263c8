package dev.weir.pipeline.config;

/**
 * Where in the configuration something stands. Lines and columns count from 1, as editors do.
 *
 * @param file the file as the user named it, or what stands for one: {@code --set a.b=c}, {@code
 *     env:NAME}; empty if the whole configuration is meant
 * @param line the line, 0 if there is none to point at
 * @param column the column in characters, 0 if there is none to point at
 */
public record Location(String file, int line, int column) {
  /** Nowhere in particular. */
  public static final Location NONE = new Location("", 0, 0);

  /** Returns the place of a whole file. */
  static Location of(String file) {
    return new Location(file, 0, 0);
  }

  /** Returns {@code file:line:column}, shorter where there is less to say. */
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line + ":" + column;
  }
}
