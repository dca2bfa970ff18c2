/** An error in ECI's terms: a code that clients compare, and the HTTP status it goes with. */
export class EciError extends Error {
  override readonly name = 'EciError';
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, message: string, statusCode = 400) {
    super(message);
    this.code = code;
    this.statusCode = statusCode;
  }
}

export const missingParameter = (name: string): EciError =>
  new EciError('MissingParameter', `The required parameter ${name} is not supplied.`);

export const invalidParameter = (name: string, reason: string): EciError =>
  new EciError('InvalidParameter', `The parameter ${name} is not valid: ${reason}.`);
