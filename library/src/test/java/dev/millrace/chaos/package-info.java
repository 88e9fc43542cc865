/**
 * The engine under attack: kills, pauses, members that come and go, on a real broker, judged by an
 * oracle that folds the input in plain Java.
 */
@NullMarked
package dev.millrace.chaos;

import org.jspecify.annotations.NullMarked;
