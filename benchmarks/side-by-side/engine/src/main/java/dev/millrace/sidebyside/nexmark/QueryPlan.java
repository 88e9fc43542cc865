package dev.millrace.sidebyside.nexmark;

import java.io.Serializable;

/**
 * The way of a query from events to results, without regard to the engine.
 *
 * <p><b>Contract.</b> Plans and all functions in them can be serialized, as some engines send them
 * to where they run. Functions have no side effects and change no arguments.
 */
public sealed interface QueryPlan extends Serializable
    permits EachEvent, KeyedSteps, WindowedFolds {}
