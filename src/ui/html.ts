/** Text as it may stand in HTML, also within quotes. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** The style of tables. */
export const tableStyle = [
  '.wide{overflow-x:auto}table{border-collapse:collapse}caption{text-align:left;font-weight:bold;padding:.5rem 0}',
  'th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}',
  'th,td{white-space:nowrap}.w{white-space:normal;min-width:14rem}',
].join('');

/** A column of a table: its title, and a row's cell as HTML. */
export interface HtmlColumn<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** Numbers stand below each other by their ends. */
  readonly number?: boolean;
  /** Sentences go over several lines. */
  readonly words?: boolean;
}

/** A table that scrolls by itself where it is wider than the page, with the keyboard too; its first column names each row. */
export function htmlTable<Row>(
  caption: string,
  columns: readonly HtmlColumn<Row>[],
  rows: readonly Row[],
): string {
  const kind = (column: HtmlColumn<Row>): string =>
    column.number === true ? ' class="n"' : column.words === true ? ' class="w"' : '';
  const line = (row: Row): string =>
    columns
      .map((column, index) =>
        index === 0
          ? `<th scope="row"${kind(column)}>${column.cell(row)}</th>`
          : `<td${kind(column)}>${column.cell(row)}</td>`,
      )
      .join('');
  return [
    `<div class="wide" role="region" aria-label="${escaped(caption)}" tabindex="0"><table>`,
    `<caption>${escaped(caption)}</caption>`,
    `<thead><tr>${columns.map((one) => `<th scope="col"${kind(one)}>${escaped(one.title)}</th>`).join('')}</tr></thead>`,
    '<tbody>',
    ...rows.map((row) => `<tr>${line(row)}</tr>`),
    '</tbody></table></div>',
  ].join('\n');
}
