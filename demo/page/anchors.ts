/** Links to places of the page. They leave the address alone, because its hash holds the settings. */
export function followAnchors(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
    const place = link && document.getElementById(link.getAttribute('href')?.slice(1) ?? '');
    if (place === null || place === undefined) return;
    event.preventDefault();
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.scrollIntoView();
    place.focus({ preventScroll: true });
  });
}
