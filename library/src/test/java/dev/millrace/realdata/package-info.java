/** Real data, which comes later and in another order than anybody would make up. */
@NullMarked
package dev.millrace.realdata;

import org.jspecify.annotations.NullMarked;
