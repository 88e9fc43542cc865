/**
 * The broker of a test run: one suite, any broker.
 *
 * <p>{@code -Dtest.broker=auto|embedded|container|external:HOST:PORT} decides which one. A test
 * class asks for it with {@link dev.millrace.devbroker.testing.WithBroker}; a class for another
 * test framework calls {@link dev.millrace.devbroker.testing.TestBroker#shared()}. JUnit and
 * Testcontainers are optional dependencies of this package.
 */
@NullMarked
package dev.millrace.devbroker.testing;

import org.jspecify.annotations.NullMarked;
