/**
 * The {@code weir} command: the command line, the list of built-in components, and what a person
 * sees of a running agent.
 *
 * <p>{@link dev.weir.agent.Main} hands the arguments to {@link
 * dev.weir.agent.CommandLineInterface}, which parses them and calls one class a command. Nothing
 * here knows how a component works; the only list of them is {@link dev.weir.agent.BuiltIn}.
 */
@NullMarked
package dev.weir.agent;

import org.jspecify.annotations.NullMarked;
