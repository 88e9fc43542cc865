/**
 * What can go wrong, named by what the caller can do about it, and the policies for records that
 * fail.
 */
@NullMarked
package dev.millrace.error;

import org.jspecify.annotations.NullMarked;
