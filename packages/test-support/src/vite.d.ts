/** Vite's address of a file that the test server serves. */
declare module '*?url' {
  const address: string;
  export default address;
}
