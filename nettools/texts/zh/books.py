"""Chinese for the books: accounts, breaks, saving, postings."""

TEXTS = {
    "strategies + residual{open_breaks} = venue on {legs}, exactly; PnL − fees + "
    "funding = account, gap {gap}.": (
        "各策略 + 剩余账户{open_breaks} = 交易所（{legs}），完全相等；盈亏 − 手续费 "
        "+ 资金费 = 账户，差额 {gap}。"
    ),
    "money": "资金",
    "books {expected}, venue {found}": "账簿 {expected}，交易所 {found}",
    "{name} is off by {gap} {unit} ({numbers})": "{name}相差 {gap} {unit}（{numbers}）",
    "{off}, since {since}": "{off}，自 {since} 起",
    "Netting cost {amount} so far": "至今净额合并多花 {amount}",
    "Netting saved {amount} so far": "至今净额合并节省 {amount}",
    "Netting has saved nothing and cost nothing so far.": "至今净额合并既未节省也未多花。",
    ", although {up}": "，尽管{up}",
    ", less {down}": "，减去{down}",
    "{title}: mostly {parts}{more}.": "{title}：主要来自{parts}{more}。",
    "The account holds what this desk did not trade ({legs}). Whose is it? "
    "Nothing is sent there before you choose.": (
        "账户中有本交易台未交易过的持仓（{legs}）。它属于谁？在您选择之前，不会在该处发送订单。"
    ),
    "{breaks}: books and venue differ on {legs}. Nothing is sent there before "
    "you choose a repair.": (
        "{breaks}：账簿与交易所在 {legs} 上不一致。在您选择修复方式之前，不会在该处发送订单。"
    ),
    "trades that leave 0 {unit}": "净额为 0 {unit} 的成交",
    "Confirm: {strategy} adopts {size}": "确认：由 {strategy} 接管 {size}",
    "Confirm: the residual account keeps {size}": "确认：由剩余账户保留 {size}",
    "Confirm: leave {size} alone as not ours": "确认：{size} 不属于我们，保持不动",
    "Confirm: take {size} over and flatten it": "确认：接管 {size} 并平仓",
    "{strategy} takes over {size} with its price and fee; its target goes from "
    "{before} to {after} {unit}. Nothing is sent.": (
        "{strategy} 按原价格与手续费接管 {size}；其目标仓位由 {before} 变为 {after} "
        "{unit}。不发送订单。"
    ),
    "The residual account takes over {size} and keeps it: the desk neither "
    "closes it nor adds to it. Nothing is sent.": (
        "剩余账户接管并保留 {size}：交易台既不平仓也不加仓。不发送订单。"
    ),
    "{size} stays on the account, outside the books: not ours, left alone. Nothing is sent.": (
        "{size} 留在账户中、不入账簿：不属于我们，保持不动。不发送订单。"
    ),
    "The residual account takes over {size}; there is nothing left to close.": (
        "剩余账户接管 {size}；没有需要平掉的部分。"
    ),
    "in quote units": "以计价币计",
    "The residual account takes over {size}, and the next plan sells {amount} "
    "{unit} (about {worth}) to close it.": (
        "剩余账户接管 {size}，下一个计划卖出 {amount} {unit}（约 {worth}）将其平掉。"
    ),
    "The residual account takes over {size}, and the next plan buys {amount} "
    "{unit} (about {worth}) to close it.": (
        "剩余账户接管 {size}，下一个计划买入 {amount} {unit}（约 {worth}）将其平掉。"
    ),
    "Frozen for a moment. {checking}.": "暂时冻结。{checking}。",
    "Accounts": "账户",
    "PnL": "盈亏",
    "Saving": "节省",
    "Execution": "执行",
    "Postings": "分录",
    "Whose is what": "仓位与盈亏归属",
    "Nothing is known yet: the account has not been read.": "暂无数据：尚未读取账户。",
    "No accounts yet: a strategy with a target gets one.": (
        "还没有账户：有目标仓位的策略会得到一个账户。"
    ),
    "all legs": "所有持仓腿",
    "fees ({unit})": "手续费（{unit}）",
    "average price": "均价",
    "saved ({unit})": "节省（{unit}）",
    "Showing {shown} of {total:,} accounts; desk.accounts() has all. ": (
        "显示 {total:,} 个账户中的 {shown} 个；desk.accounts() 给出全部。"
    ),
    "{more}pending: target − virtual, not traded yet. saved: the strategy's "
    "share over all legs, pro rata to its turnover, on its first row.": (
        "{more}待成交：目标仓位 − 虚拟持仓，尚未交易。节省：该策略在所有持仓腿上的份"
        "额，按成交额分摊，列在其首行。"
    ),
    "together": "合计",
    "venue": "交易所",
    "No postings yet: a cross, a fill or a funding payment makes some.": (
        "还没有分录：内部对冲、成交或资金费结算会产生分录。"
    ),
    "time (UTC)": "时间（UTC）",
    "account": "账户",
    "cause": "原因",
    "quantity": "数量",
    "price": "价格",
    "fee": "手续费",
    "funding": "资金费",
    "source": "来源",
    "note": "备注",
    "Showing {shown} of {total:,}, newest first.": (
        "显示 {total:,} 条中的 {shown} 条，最新的在前。"
    ),
    "against each strategy alone": "与各策略单独交易相比",
    "pro rata ({unit})": "按比例分摊（{unit}）",
    "marginal ({unit})": "边际贡献（{unit}）",
    "books": "账簿",
    "difference": "差额",
    "since": "起始时间",
    "likely cause": "可能原因",
    "Not proved yet: the account has not been read.": "尚未核对：还没有读取账户。",
    "Books prove:": "账簿核对无误：",
    "Books do NOT prove:": "账簿核对不符：",
    "Adopt": "接管",
    "The strategy beside takes the difference over": "由旁边选定的策略接管差额",
    "Assign to residual": "归入剩余账户",
    "The residual account keeps it; nobody trades it": "由剩余账户保留；没有策略交易它",
    "Leave as baseline": "作为基线保留",
    "Not ours: stays on the account, left alone": "不属于我们：留在账户中，保持不动",
    "Flatten": "平仓",
    "The next plan closes it": "由下一个计划平掉",
    "Choose a repair first": "请先选择修复方式",
    "break on": "差异位于",
    "Repairing…": "修复中…",
    "Repaired. ": "已修复。",
    "{done}No breaks: the books explain every position.": (
        "{done}没有差异：账簿能解释每一笔持仓。"
    ),
    "there is no break to repair": "没有需要修复的差异",
    "choose the strategy that adopts it first, or add one": "请先选择接管的策略，或添加一个",
    "{note}; choose a repair first": "{note}；请先选择修复方式",
    "nothing is chosen yet": "尚未选择",
    "the choice is older than {seconds:.0f} s": "该选择已超过 {seconds:.0f} 秒",
    "the break changed": "差异已变化",
    "Realized + unrealized − fees + funding since the desk was opened, all at "
    "the same marks. The wide band is the account by the venue, the dashed line "
    "all accounts together: they lie on each other while the books prove.": (
        "自交易台打开以来的已实现盈亏 + 未实现盈亏 − 手续费 + 资金费，均按同一标记价"
        "格计算。宽带是交易所给出的账户，虚线是所有账户之和：账簿核对无误时两者重合。"
    ),
    'All of them: desk.postings("A"). As CSV and Parquet files: desk.export("a folder").': (
        '全部分录：desk.postings("A")。导出为 CSV 与 Parquet 文件：desk.export("a folder")。'
    ),
    "all accounts": "所有账户",
    "as of {when}": "截至 {when}",
    "Compared with an un-netted twin: the same changes of targets, each sent "
    "alone as a taker at the touch with the account's own fee rate. A column "
    "below zero cost money. pro rata: by turnover. marginal: by how much each "
    "shrank what had to be sent.": (
        "与不做净额合并的对照账户相比：同样的目标变化，各自单独以最优价吃单发送，费率"
        "与本账户相同。低于零的柱表示多花的成本。按比例分摊：按成交额。边际贡献：按各"
        "策略使待发送量减少的程度。"
    ),
}
