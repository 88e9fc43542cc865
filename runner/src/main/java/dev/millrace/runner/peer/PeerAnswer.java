package dev.millrace.runner.peer;

/**
 * The answer of another instance, of any status.
 *
 * @param instance who answers
 * @param status the status code of HTTP
 * @param contentType what the body is
 * @param body the body
 */
public record PeerAnswer(String instance, int status, String contentType, String body) {}
