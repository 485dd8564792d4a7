"""Pure functions over text and HTML: cleaning, reading, comparing, stems. Imports nothing else of ours."""
