/**
 * The errors, named by what the caller can do about them, and the policies for records that fail.
 */
@NullMarked
package dev.millrace.error;

import org.jspecify.annotations.NullMarked;
