import { html } from './html.js';

/** The page's one stylesheet; its colours follow the reader's light or dark scheme. */
export const style = html`<style>
  :root {
    color-scheme: light dark;
    --accent: light-dark(#0b5cad, #82bbff);
    --ground: light-dark(#f3f5f8, #12151a);
    --paper: light-dark(#fff, #1b1f26);
    --line: light-dark(#d5d9e0, #353b46);
    background: var(--ground);
    font:
      1rem/1.5 system-ui,
      sans-serif;
  }
  main {
    max-width: 52rem;
    margin: 2rem auto;
  }
  h2 {
    margin-top: 2rem;
    font-size: 1.15rem;
  }
  .card {
    overflow-x: auto;
    border: 1px solid var(--line);
    border-radius: 0.5rem;
    background: var(--paper);
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 0.6rem 1rem;
    text-align: start;
    white-space: nowrap;
  }
  tbody th {
    min-width: 10rem;
    font-weight: normal;
    overflow-wrap: anywhere;
    white-space: normal;
  }
  tbody tr {
    border-top: 1px solid var(--line);
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  a {
    color: var(--accent);
  }
  a + a {
    margin-inline-start: 0.75rem;
  }
  form {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
    padding: 1rem;
  }
  input,
  button {
    font: inherit;
    accent-color: var(--accent);
  }
</style>`;
