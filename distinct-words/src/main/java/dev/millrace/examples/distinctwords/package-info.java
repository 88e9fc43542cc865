/** The second example: tables that change. So far, the number of times each word has occurred. */
@NullMarked
package dev.millrace.examples.distinctwords;

import org.jspecify.annotations.NullMarked;
