"""For tests of code that fine-tunes: `drytune.testing.plugin` is loaded by pytest itself."""
