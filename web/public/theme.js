// Runs before the first paint, so that a dark page never flashes white. It is
// a file of its own because the content security policy allows no inline code.
(() => {
  let choice = 'auto';
  try {
    choice = localStorage.getItem('dasier-scheme') || 'auto';
  } catch {
    // storage may be off: follow the system
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
