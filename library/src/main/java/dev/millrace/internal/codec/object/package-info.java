/**
 * Java's objects, taken apart and made again: the components of records through linked handles, the
 * classes of collections, primitives without boxing, text as UTF-8. What bytes mean is not known
 * here.
 */
@NullMarked
package dev.millrace.internal.codec.object;

import org.jspecify.annotations.NullMarked;
