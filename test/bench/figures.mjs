/** The middle of an odd number of figures; of an even one, the middle of its middle two. */
function medianOf(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  return (lower + upper) / 2;
}

export function spreadOf(figures) {
  return {
    median: medianOf(figures),
    min: Math.min(...figures),
    max: Math.max(...figures),
  };
}

const UNITS = {
  us: { digits: 0, name: 'µs' },
  seconds: { digits: 2, name: 's' },
  ms: { digits: 0, name: 'ms' },
  MB: { digits: 0, name: 'MB' },
  times: { digits: 2, name: 'x' },
};

/** `median (min - max)` with its unit. */
export function spreadText({ median, min, max }, unit) {
  const { digits, name } = UNITS[unit];
  const [middle, least, most] = [median, min, max].map((figure) =>
    figure.toLocaleString('en', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
  );
  return `${middle} ${name} (${least} - ${most})`;
}
