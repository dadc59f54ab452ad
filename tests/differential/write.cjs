// Workbooks as ExcelJS and SheetJS write them: node write.cjs FOLDER [TEMPLATE.xlsx …]
// Each template's empty unlocked cells are filled with amounts, and both programs save it; a small workbook of every kind
// of value is written with each option that changes the file.
"use strict";
const path = require("path");
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");

const [folder, ...templates] = process.argv.slice(2);
const out = (name) => path.join(folder, name);

async function excelJs() {
  for (const useSharedStrings of [true, false]) {
    const name = out(`exceljs-stream-${useSharedStrings ? "shared" : "inline"}.xlsx`);
    const book = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: name, useStyles: true, useSharedStrings });
    values(book.addWorksheet("值"));
    await book.commit();
  }
  for (const date1904 of [false, true]) {
    const book = new ExcelJS.Workbook();
    book.properties.date1904 = date1904;
    values(book.addWorksheet("值"));
    book.addWorksheet("hidden", { state: "veryHidden" }).getCell("A1").value = 1;
    await book.xlsx.writeFile(out(`exceljs-${date1904 ? "1904" : "plain"}.xlsx`));
  }
  for (const template of templates) {
    const book = new ExcelJS.Workbook();
    await book.xlsx.readFile(template);
    inputs[template] = [];
    book.eachSheet((sheet) =>
      sheet.eachRow({ includeEmpty: false }, (row) =>
        row.eachCell({ includeEmpty: true }, (cell) => {
          if (cell.value === null && cell.protection?.locked === false && inputs[template].length < 300) {
            inputs[template].push([sheet.name, cell.address, amount(inputs[template].length)]);
            cell.value = inputs[template].at(-1)[2];
          }
        }),
      ),
    );
    await book.xlsx.writeFile(out(`exceljs-${path.basename(template)}`));
  }
}

const inputs = {};
const amount = (number) => (number % 5 === 4 ? "1,000元" : 1000.1 * number);

function values(sheet) {
  sheet.getCell("A1").value = "text";
  sheet.getCell("A2").value = 1234.5;
  sheet.getCell("A3").value = { formula: "A2*2", result: 2469 };
  sheet.getCell("A4").value = { formula: "A2&\"x\"" };
  sheet.getCell("A5").value = new Date(Date.UTC(2026, 0, 31, 12));
  sheet.getCell("A5").numFmt = "yyyy-mm-dd";
  sheet.getCell("A6").value = true;
  sheet.getCell("A7").value = { error: "#N/A" };
  sheet.getCell("A8").value = { richText: [{ text: "1" }, { font: { bold: true }, text: ",000" }] };
  sheet.getCell("A9").value = " spaces ";
  sheet.getCell("B1").value = 1;
  sheet.getCell("B2").value = { formula: "B1+1", shareType: "shared", ref: "B2:B4", result: 2 };
  sheet.getCell("B3").value = { sharedFormula: "B2", result: 3 };
  sheet.getCell("B4").value = { sharedFormula: "B2", result: 4 };
  sheet.getCell("A10").commit?.();
}

function sheetJs() {
  const rows = [
    ["text", 1234.5, true, " spaces ", "12,000", "预算"],
    [null, 0.1 + 0.2, false, "=1+1", "two\nlines", new Date(Date.UTC(2026, 0, 31))],
  ];
  for (const options of [{}, { bookSST: true }, { compression: true }, { cellDates: true }]) {
    const book = XLSX.utils.book_new();
    const sheet = XLSX.utils.aoa_to_sheet(rows, { cellDates: Boolean(options.cellDates) });
    sheet.A3 = { t: "n", f: "B1*2", v: 2469 };
    sheet.B3 = { t: "e", v: 0x2a, f: "NA()" };
    sheet["!ref"] = "A1:F3";
    sheet["!merges"] = [{ s: { r: 0, c: 3 }, e: { r: 1, c: 3 } }];
    sheet["!rows"] = [{}, { hidden: true }];
    sheet["!cols"] = [{}, {}, { hidden: true }];
    XLSX.utils.book_append_sheet(book, sheet, "值");
    XLSX.writeFile(book, out(`sheetjs-${Object.keys(options)[0] ?? "plain"}.xlsx`), { ...options, bookType: "xlsx" });
  }
  for (const template of templates) {
    const book = XLSX.readFile(template, { cellFormula: true, cellNF: true, cellStyles: true });
    for (const [sheet, address, value] of inputs[template]) {
      XLSX.utils.sheet_add_aoa(book.Sheets[sheet], [[value]], { origin: address });
    }
    XLSX.writeFile(book, out(`sheetjs-${path.basename(template)}`), { bookType: "xlsx" });
  }
}

excelJs().then(sheetJs, (error) => {
  console.error(error);
  process.exitCode = 1;
});
