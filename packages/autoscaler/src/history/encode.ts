/** Steps of an octave: what is read is within a twentieth of what was written. */
const stepsPerOctave = 8;
/** The smallest load that is told from none. */
const smallest = 2 ** -7;
const unknownByte = 0;
const zeroByte = 1;
const largestByte = 255;

/** Loads in a byte each, which goes by their logarithm; what is not known (below zero) as 0. */
export function encodePeaks(peaks: Float32Array): Uint8Array {
  return Uint8Array.from(peaks, (peak) => {
    if (!(peak >= 0)) return unknownByte;
    if (peak < smallest) return zeroByte;
    return Math.min(largestByte, zeroByte + 1 + Math.round(Math.log2(peak / smallest) * stepsPerOctave));
  });
}

/** What `encodePeaks` wrote; −1 for what is not known. */
export function decodePeaks(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => {
    if (byte === unknownByte) return -1;
    return byte === zeroByte ? 0 : smallest * 2 ** ((byte - zeroByte - 1) / stepsPerOctave);
  });
}
