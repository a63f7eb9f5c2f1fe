/** A row of a table as `it.each` takes it, by the title that it holds. */
type Titled = readonly unknown[] | { readonly title: string };

/**
 * The rows of a table that stand for it where all of them run elsewhere: on the function that decides, or on
 * another adapter or source.
 *
 * @throws Error for a title that no row has
 */
export function representatives<Row extends Titled>(
  table: readonly Row[],
  ...titles: readonly string[]
): Row[] {
  return titles.map((title) => {
    const row = table.find((row) =>
      'title' in row ? row.title === title : row.includes(title),
    );
    if (!row) throw new Error(`The table has no row ${JSON.stringify(title)}`);
    return row;
  });
}
