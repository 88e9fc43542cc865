package dev.millrace.sidebyside.nexmark;

import java.util.List;

/**
 * Results of windows, of which each may read those of the one before.
 *
 * @param type the class of values
 * @param selection takes them from events
 * @param folds one or more: the first has the values, the last makes lines
 * @param <T> the values
 */
public record WindowedFolds<T>(
    Class<T> type, Selection<T> selection, List<WindowedFold<?, ?, ?>> folds)
    implements QueryPlan {}
