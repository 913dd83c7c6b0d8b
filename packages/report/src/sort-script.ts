/**
 * Makes the head cells of tables with the class `sortable` buttons that sort their rows: numbers by value, other cells as
 * text, cells without a number last. Without it the tables stay as they were written.
 */
export const SORT_SCRIPT: string = `
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const valueOf = (row, c) => {
    const text = row.cells[c].textContent.trim().replace('\\u2212', '-');
    const number = Number(text);
    return text === '' || text === '\\u2013' ? null : Number.isFinite(number) ? number : text;
  };
  heads.forEach((head, c) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, c) }));
      rows.sort((a, b) => {
        if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
        const order = typeof a.value === 'number' && typeof b.value === 'number'
          ? a.value - b.value
          : String(a.value).localeCompare(String(b.value), 'en', { numeric: true });
        return down ? -order : order;
      });
      body.append(...rows.map(({ row }) => row));
    });
  });
}
`;
