"""What crmxl reads, against what openpyxl and calamine read, cell by cell; see README.md."""
