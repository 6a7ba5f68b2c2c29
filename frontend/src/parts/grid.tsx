import { AllCommunityModule, ModuleRegistry, themeQuartz } from "ag-grid-community";
import { AgGridReact, type AgGridReactProps } from "ag-grid-react";

ModuleRegistry.registerModules([AllCommunityModule]);

const theme = themeQuartz.withParams({
  accentColor: "var(--accent)",
  backgroundColor: "var(--panel)",
  foregroundColor: "var(--ink)",
  borderColor: "var(--line)",
  headerBackgroundColor: "var(--raised)",
  oddRowBackgroundColor: "var(--panel)",
  rowHoverColor: "var(--hover)",
  selectedRowBackgroundColor: "var(--selected)",
  fontFamily: "var(--sans)",
  fontSize: 12,
  spacing: 4,
  wrapperBorderRadius: 4,
});

const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;

/** Arrows go from cell to cell, Tab to what comes after the table: thousands of rows are no trap. */
const leave = (): boolean => false;

/** A table in the console's look, with what to say where it is empty; everything else is the caller's. */
export function Grid<Row>({ nothing, ...given }: AgGridReactProps<Row> & { nothing: string }) {
  const styling = nonce ? { styleNonce: nonce } : {};
  return (
    <div className="grid">
      <AgGridReact<Row>
        theme={theme}
        {...styling}
        rowHeight={24}
        headerHeight={28}
        animateRows={false}
        suppressCellFocus={false}
        tabToNextCell={leave}
        enableBrowserTooltips
        localeText={{ noRowsToShow: nothing, noMatchingRows: nothing }}
        defaultColDef={{ sortable: true, resizable: true, minWidth: 60 }}
        {...given}
      />
    </div>
  );
}
