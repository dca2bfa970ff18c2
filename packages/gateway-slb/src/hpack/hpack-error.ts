/**
 * Bytes that are no field block, or none for the tables as they stand. What follows on the connection cannot be read either: a
 * connection error COMPRESSION_ERROR (RFC 9113, section 4.3).
 */
export class HpackError extends Error {
  override readonly name = 'HpackError';
}
