/** Shows above each table that is wider than its place that it scrolls. Without it, shadows at the sides alone do. */
export const SCROLL_SCRIPT: string = `
{
  const places = [...document.querySelectorAll('.scroll')];
  const look = () => {
    for (const place of places) place.classList.toggle('wide', place.scrollWidth > place.clientWidth + 1);
  };
  look();
  addEventListener('resize', look);
  for (const fold of document.querySelectorAll('details')) fold.addEventListener('toggle', look);
}
`;
