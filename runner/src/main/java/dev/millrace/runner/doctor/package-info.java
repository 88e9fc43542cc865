/**
 * The examination of everything that a job needs: the cluster, its topics and rights, the directory
 * of state, the JVM. Start reading at {@link dev.millrace.runner.doctor.Doctor}; examinations
 * gather facts, and what they make of them is in methods without any cluster.
 */
@NullMarked
package dev.millrace.runner.doctor;

import org.jspecify.annotations.NullMarked;
