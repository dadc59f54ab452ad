"""Tests that need LibreOffice, and the driver they share: ``driver`` here, ``worker`` inside its Python."""
