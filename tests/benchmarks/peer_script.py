"""What a user writes today: PyTorch under Hydra, the article's network, every weight and error to CSV."""

import csv
import pathlib

import hydra
import torch
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

torch.set_num_threads(1)
ConfigStore.instance().store(name="config", node={"learning_rate": 0.05, "epochs": 100})


@hydra.main(version_base="1.3", config_path=None, config_name="config")
def main(cfg: DictConfig) -> float:
    x, y = torch.tensor([[2.0, 3.0]], dtype=torch.float64), torch.tensor([[1.0]], dtype=torch.float64)
    weights = [
        torch.tensor([[0.11, 0.21], [0.12, 0.08]], dtype=torch.float64),
        torch.tensor([[0.14, 0.15]], dtype=torch.float64),
    ]
    weights = [w.requires_grad_() for w in weights]
    optimizer = torch.optim.SGD(weights, lr=cfg.learning_rate)
    with open(pathlib.Path(HydraConfig.get().runtime.output_dir) / "history.csv", "w", newline="") as f:
        rows = csv.writer(f)
        rows.writerow(["epoch", "error", "w1", "w2", "w3", "w4", "w5", "w6"])
        for epoch in range(cfg.epochs + 1):
            optimizer.zero_grad()
            error = 0.5 * ((x @ weights[0].T @ weights[1].T - y) ** 2).sum()
            rows.writerow([epoch, error.item(), *(v for w in weights for v in w.detach().flatten().tolist())])
            error.backward()
            optimizer.step()
    return float(error)


if __name__ == "__main__":
    main()
