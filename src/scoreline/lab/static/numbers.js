// How numbers are written. Infinities and what is no number arrive as null: JSON knows neither.
const NONE = "–", MOST = 1e7;

// With a fixed number of decimals, or with a power of ten where that were a long row of digits.
export function write(value, digits = 2) {
  if (value === null || value === undefined) return NONE;
  const text = Math.abs(value) < MOST ? value.toFixed(digits) : power(value, 3);
  return text.replace(/^[-−](0\.?0*)$/, "$1").replaceAll("-", "−");
}

export function power(value, digits = 1) {
  if (value === null || value === undefined) return NONE;
  return value === 0 ? "0" : value.toExponential(digits).replace("e+", "e").replaceAll("-", "−");
}

export function significant(value, digits) {
  if (value === null || value === undefined) return NONE;
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return small ? power(value, digits - 1) : value.toPrecision(digits).replace("e+", "e").replaceAll("-", "−");
}

export const percent = (share, digits) => (share === null || share === undefined ? NONE : `${(100 * share).toFixed(digits)} %`);
// All digits, for whoever rests the pointer on a number.
export const exact = (value) => (value === null ? "not a finite number" : String(value));
