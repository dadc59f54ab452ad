"""Template → layout → workbook. The layout is what the writer and the reader share."""
