/**
 * What the documents promise: that their programs compile and run and their links lead somewhere.
 */
@NullMarked
package dev.millrace.docs;

import org.jspecify.annotations.NullMarked;
